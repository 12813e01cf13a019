"""What registry.v1 says of people: teams, rosters, enterprises, divisions, each with its dates."""
