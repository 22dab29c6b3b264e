-- Ordering keys whose items stand in line though nobody's turn it is: the first one goes.
-- include: keys clock turns
--
-- ARGV  1 time   2... a key, and the id that has its turn but is nowhere ('': nobody has it)
-- Returns  how many were freed
call('LLEN', READY)
check_turns()
-- A removal comes first: it lets the rest of the script write on a full server.
call('HDEL', STATE, '')
local freed = 0
for i = 2, #ARGV, 2 do
  if (call('HGET', TURNS, ARGV[i]) or '') == ARGV[i + 1] then
    next_turn(ARGV[i])
    freed = freed + 1
  end
end
save()
return freed
