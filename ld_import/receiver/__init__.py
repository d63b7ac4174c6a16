"""What hears the server's notifications of finished jobs, beside a run; it decides nothing."""
