-- Done, gone; and what the work has made goes to another queue in the same step.
-- KEYS[13], KEYS[14] are state and ready list of that queue, when there is one.
local function check_forward()
  if KEYS[13] then
    call('HLEN', KEYS[13])
    call('LLEN', KEYS[14])
  end
end

local function forward(first)
  for from = first, #ARGV, 1000 do
    call('RPUSH', KEYS[14], unpack(ARGV, from, math.min(from + 999, #ARGV)))
  end
  if #ARGV >= first then
    call('HINCRBY', KEYS[13], 'pushed', #ARGV - first + 1)
  end
end
