"""Reference solutions of the easier tasks of the class "programs": small programs: games, machines, receipts."""
