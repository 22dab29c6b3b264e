-- Which claims nobody has renewed for a while, or past their deadline; writes nothing.
-- include: keys clock records
--
-- ARGV  1 time   2 ms of silence   3 how many claims to pass over, by their deadlines
-- Returns  {claims to pass over next time (0: all are seen),
--           {claim id, incarnation, generation, held, ms silent, lease ms, owner (JSON),
--            ms held} ...}
local quiet, first, PAGE = tonumber(ARGV[2]), tonumber(ARGV[3]), 500

local ends = call('ZRANGE', LEASES, first, first + PAGE - 1, 'WITHSCORES')
local ids = {}
for i = 1, #ends, 2 do
  ids[#ids + 1] = ends[i]
end
local found = { #ids == PAGE and first + PAGE or 0 }
for i, text in ipairs(#ids > 0 and call('HMGET', CLAIMS, unpack(ids)) or {}) do
  local record, left = read_record(text), ends[2 * i] - now
  if record and (left <= 0 or record.lease - left >= quiet) then
    found[#found + 1] = { ids[i], record.incarnation, record.generation, record.held,
      math.floor(record.lease - left), record.lease, record.owner,
      math.max(0, math.floor(now - record.since)) }
  end
end
return found
