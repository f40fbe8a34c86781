"""What candidates are: measures, features and a scorecard in; disjoint groups with odds, reasons and members out."""
