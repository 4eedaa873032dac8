"""What people need, seen without seeing people: aggregates of whole periods, small cells hidden."""
