"""Many tasks that are alive at once race for one claimed XCom, and holders are killed."""
