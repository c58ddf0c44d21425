"""Graph to loop program, and every decision about speed."""
