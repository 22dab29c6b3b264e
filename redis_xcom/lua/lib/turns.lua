-- Items of one ordering key are handed out one at a time: the one whose turn it is, until it is
-- acked, dead or purged. The others stand in `waiting`, in line.
local function check_turns()
  call('HLEN', TURNS)
  call('ZCARD', WAITING)
end

-- Returns the item's id and its key, nothing when it has none.
local function key_of(item)
  return string.match(item, '^{"xcom":"([^"\\]*)","key":"([^"\\%c]+)"')
end

-- A turn that nobody has is taken by whoever asks.
local function has_turn(id, key)
  local turn = call('HGET', TURNS, key)
  if not turn then
    call('HSET', TURNS, key, id)
  end
  return not turn or turn == id
end

local function stand_behind(item)
  local _, key = key_of(item)
  local number = string.format('%020d', next_generation())
  call('ZADD', WAITING, 0, key .. '\0' .. number .. '\0' .. item)
end

-- Whether it is the item's turn; if not, it stands behind from now on.
local function may_go(item)
  local id, key = key_of(item)
  if not key or has_turn(id, key) then
    return true
  end
  stand_behind(item)
  return false
end

-- The first in line goes to the end of the list.
local function next_turn(key)
  local first =
    call('ZRANGEBYLEX', WAITING, '[' .. key .. '\0', '(' .. key .. '\1', 'LIMIT', 0, 1)[1]
  if not first then
    call('HDEL', TURNS, key)
    return
  end
  local item = string.sub(first, #key + 23)
  call('ZREM', WAITING, first)
  call('HSET', TURNS, key, (key_of(item)))
  call('RPUSH', READY, item)
end

-- The item has ended.
local function pass_on(item)
  local id, key = key_of(item)
  if key and call('HGET', TURNS, key) == id then
    next_turn(key)
  end
end

local function pass_all_on(names)
  local items = call('HLEN', TURNS) > 0 and call('HMGET', CLAIMED, unpack(names)) or {}
  for place = 1, #items do
    if items[place] then
      pass_on(items[place])
    end
  end
end
