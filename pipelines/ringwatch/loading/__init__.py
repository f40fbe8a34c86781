"""What the graph should say, what it was last told, and how the difference gets there.

plan        which days lie behind a night, what is due on each, and the id of the state they lead to
tables      what a state holds of accounts, identifiers and relationships, as columns
fold        one day more: a state and the rows of a day in, the next state out, in DuckDB
states      the states on disk: the newest that still holds is where the next fold begins
survey      what the graph says, read from it, for when nobody knows what it was told last
difference  what must be sent and what must go
part        fewer rows of a state: flagged neighbourhoods
bring       the graph is told a state or a part of one, new before old goes
send        the difference over Bolt, by writers whose locks never meet
links       what the window says of identifiers and between accounts, written into the graph
bulk        a first load: files for the offline import
"""
