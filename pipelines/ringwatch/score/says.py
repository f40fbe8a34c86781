"""What each feature says, by its name: the words that `features.py` declares beside what they are about."""

from ringwatch.score.words import (
    at_least,
    grown,
    intake,
    kinds,
    lasting,
    likeness,
    networks,
    of_members,
    of_whole,
    opened,
    spread,
    vague,
)

BEST_COVERED = vague(
    at_least(
        "how many share a device or a payment method",
        "shared a device or a payment method with other members",
        "No two members shared a device or a payment method",
    )
)
BOTH_COVERED = vague(
    at_least(
        "how many share devices as well as payment methods",
        "shared devices with other members, and at least as many shared payment methods",
        "Members shared no devices, or no payment methods",
    )
)
BOTH = vague(
    of_members(
        "how many share both a device and a payment method",
        "shared both a device and a payment method with other members",
    )
)
STRONG = vague(
    of_members(
        "how many have in common what strangers hardly ever do",
        "had something in common with other members that strangers hardly ever have",
    )
)
OWN_ACTS = vague(
    of_members(
        "how many are tied by what no outsider can arrange",
        "had something in common with other members that no outsider can have arranged",
    )
)
FACETS = kinds("how many kinds of evidence there are")
FLEETING = of_whole(
    "how often they came from IP addresses used only once",
    "Members came from rare IP addresses, each used on one day only, on {share} of their days",
)
IP_SPREAD = spread("IP address", "IP addresses")
NETWORK_SPREAD = spread("network", "networks")
DEALT = of_members("how many invited or paid the same member", "invited or paid one and the same member")
TRANSFER_SWEEP = at_least(
    "payments to one account",
    "paid the same account, mostly one that few others paid",
    "No two members paid an account that few others paid",
)
TRANSFER_FAN_OUT = at_least(
    "payments from one account",
    "were paid by the same account, mostly one that paid few others",
    "No two members were paid by an account that paid few others",
)
TRANSFER_CHAIN = of_members("money that is passed on", "passed money on in a chain of members")
TRANSFER_INSIDE = of_members("how many deal with each other directly", "paid another member or were paid by one")
TRANSFER_LIFT = likeness(
    "payments inside the group",
    "Members paid each other far more often than chance would have it",
    "Members hardly paid each other more often than chance would have it",
)
REFERRAL_SWEEP = at_least(
    "invitations by one account",
    "were invited by the same account, mostly one that invited few others",
    "No two members were invited by an account that invited few others",
)
REFERRAL_CHAIN = of_members("invitations in a chain", "invited each other in a chain of members")
DEVICE_NETWORKS = networks("devices")
PAYMENT_NETWORKS = networks("payment methods")
DEVICE_LASTS = lasting("devices")
STABILITY = vague(
    of_whole(
        "whether the group is found again", "Searched for again in another way, {share} of the group was found together"
    )
)
CLOSED = vague(
    of_whole(
        "how far they are linked to each other alone",
        "Of all that links members to anybody, {share} of it links them to each other",
    )
)
ALIKE = likeness(
    "how alike members are",
    "Members are more alike in what they used and when than members of harmless groups are",
    "Members are less alike in what they used and when than members of rings are",
)
APART = likeness(
    "how alike accounts outside are",
    "Accounts outside the group are much like its members, too",
    "Hardly any account outside the group is much like its members",
)
DENSE = vague(of_whole("how many of the pairs are linked", "Of all pairs of members, {share} are linked"))
TOGETHER = likeness(
    "whether they were opened at once",
    "Members were opened at times as far apart as those of any accounts here",
    "Members were opened much closer together than accounts here usually are",
)
ISSUER_SPREAD = spread("card issuer", "card issuers")
PAYMENT_SPREAD = spread("payment method", "payment methods")
CAPABILITY_TOP = of_whole(
    "how far they keep to one part of the service",
    "Members kept to one and the same part of the service on {share} of their days",
)
SIZE = grown("the number of members")
PAYMENT_LASTS = lasting("payment methods")
DEVICE_SPREAD = spread("device", "devices")
OWN_LIFE = of_members(
    "how many have a device and a home of their own", "had a device and a home connection of their own"
)
SOME_OWN_LIFE = of_members(
    "how many have a device or a home of their own", "had a device or a home connection of their own"
)
HOME = of_members("how many live together", "had their home on one and the same connection")
NEIGHBOURS = of_members("how many live with another member", "had their home where another member had theirs")
SITE = of_whole(
    "how often they are on one network", "Members were on one and the same network on {share} of their days"
)
ORGANISATION = of_members("how many belong to one organisation", "belonged to the same organisation")
CORPORATE = of_members(
    "how many have an employer's mail address", "had mail at an organisation that has other, long-standing accounts"
)
TERM = intake()
BORN = opened("when they were opened")
