"""What a server did, in its own order: every change of a queue, judged by the rules."""
