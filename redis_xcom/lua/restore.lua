-- Items that lie in claimants' hands though no record stands for them: back to the front.
-- include: keys clock records endings
--
-- ARGV  1 time   2... fields of `claimed` that looked so
-- Returns  how many are back
call('LLEN', READY)
call('HLEN', CLAIMED)
-- A removal comes first: it lets the rest of the script write on a full server.
call('HDEL', STATE, '')
local restored = 0
for i = #ARGV, 2, -1 do
  local field = ARGV[i]
  local id, place = string.match(field, '^(.*)/(%d+)$')
  local record, item = id and live_claim(id), call('HGET', CLAIMED, field)
  local held = record and tonumber(place) <= record.count
    and outcome(record, tonumber(place)) == 'h'
  if item and not held then
    call('HDEL', CLAIMED, field)
    call('LPUSH', READY, item)
    restored = restored + 1
  end
end
save()
return restored
