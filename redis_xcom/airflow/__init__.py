"""What a deployment wires: provider info, plugin, listener, connection."""
