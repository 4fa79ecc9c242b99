"""The process wall between the judge and a submission."""
