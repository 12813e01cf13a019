"""Plans of cities and enterprises 一市一策、一厂一策: versions, approved one level up, in force by date."""
