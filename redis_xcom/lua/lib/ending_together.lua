-- The queue of a single item ends by itself: all of its keys at one time, which `state` keeps as
-- `ends` (server's clock in ms, 0 for never). A key that is made anew has to be told.
local ends = tonumber(call('HGET', STATE, 'ends'))

local function end_together()
  for i = 1, ends > 0 and #KEYS or 0 do
    call('PEXPIREAT', KEYS[i], digits(ends))
  end
end
