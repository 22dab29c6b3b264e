"""Faults below the queue: what a server, its disk or its replicas do to what clients were told."""
