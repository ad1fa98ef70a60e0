"""The report of a study: one page that can be sent round, and a table in Markdown."""
