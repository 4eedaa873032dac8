"""What was tried to understand people, as a command that anyone can run again (`make experiment`)."""
