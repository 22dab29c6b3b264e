-- What is still held under one generation of a claim, or at some places of it; writes nothing.
-- include: keys records endings
--
-- ARGV  1 time   2 claim id   3 generation   4 places ('': all)
-- Returns  {takeovers, places, items}
local id, mine = ARGV[2], ARGV[3]
local record = live_claim(id)
if not record or record.generation ~= mine then
  return { 0, {}, {} }
end
local places = {}
for _, place in ipairs(asked_places(record, ARGV[4])) do
  if outcome(record, place) == 'h' then
    places[#places + 1] = place
  end
end
local items = #places > 0 and call('HMGET', CLAIMED, unpack(fields(id, places))) or {}
return { record.takeovers, places, items }
