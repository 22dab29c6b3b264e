-- Dead letters back to the queue, oldest first, their counts at zero again.
-- include: keys clock envelope turns
--
-- ARGV  1 time   2 how many at most   3 only what died by this queue time in ms ('': now)
--       4... item ids ('' or none: any)
-- Returns  {redriven, queue time in ms, looked at}
call('LLEN', READY)
check_turns()
call('HLEN', DEAD)
local ids = { unpack(ARGV, 4) }
local until_ms = ARGV[3] ~= '' and tonumber(ARGV[3]) or now
if #ids == 0 then
  ids = call('ZRANGEBYSCORE', DIED, '-inf', until_ms, 'LIMIT', 0, ARGV[2])
else
  call('ZCARD', DIED)
end

-- A removal comes first: it lets the rest of the script write on a full server.
call('HDEL', STATE, '')
local redriven = 0
for _, id in ipairs(ids) do
  local letter = call('HGET', DEAD, id)
  local _, item_at = string.find(letter or '', ',"item":', 1, true)
  if item_at then
    local item = string.sub(letter, item_at + 1, -2)
    local parts = parse(item)
    item = parts and with_counts(parts, 0, 0) or item
    if may_go(item) then
      call('RPUSH', READY, item)
    end
    call('HDEL', DEAD, id)
    redriven = redriven + 1
  end
  call('ZREM', DIED, id)
end
count('redriven', redriven)
save()
return { redriven, until_ms, #ids }
