-- Renew the lease of a claim that is still ours, even one past its deadline and not yet reaped.
-- include: keys clock records
--
-- ARGV  1 time   2 claim id   3 generation   4 lease ms
-- Returns  1 renewed, 0 lost
local id, mine, lease = ARGV[2], ARGV[3], tonumber(ARGV[4])
call('ZCARD', LEASES)
local record = live_claim(id)
-- A removal comes first: it lets the rest of the script write on a full server.
call('HDEL', STATE, '')
save()
if not record or record.generation ~= mine then
  return 0
end
record.lease = lease
renew(id, record)
return 1
