"""What is done each week, so that nights can go on for years: what ran out goes, and a backup is made and tried."""
