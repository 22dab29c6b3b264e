-- What producers and claimants did last, kept for an hour so that a repeat is recognised.
-- Forgets by sampling, as Redis expires keys: no second index, bounded work. Only a new
-- entry makes the memory grow, so only a new entry forgets.
local REMEMBERED_MS, SMALL, SAMPLE = 3600000, 128, 4

local function remember(field, value)
  if call('HSET', RECENT, field, now_ms .. ' ' .. value) == 0 or call('HLEN', RECENT) <= SMALL then
    return
  end
  local sample = call('HRANDFIELD', RECENT, SAMPLE, 'WITHVALUES')
  for i = 1, #sample, 2 do
    if tonumber(string.match(sample[i + 1], '^%d+')) < now - REMEMBERED_MS then
      call('HDEL', RECENT, sample[i])
    end
  end
end
