"""Reference solutions of the easier tasks of the class "data": records, statistics, dates."""
