"""What a person does about dead letters: look, put back, mend, give up; every decision is written and stays."""
