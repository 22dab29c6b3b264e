-- Items into a claimant's hands.
local KEY = string.byte('k') -- as the head of an item with an ordering key goes on: ,"key":

-- What a foreign producer pushed becomes an item with an id of its own.
local function wrapped(value, place)
  return '{"xcom":"' .. now_ms .. '-' .. generation .. '-' .. place .. '","payload":' .. value .. '}'
end

-- Items take the first places, instead of what was acked there. `may_go`, where given, leaves out
-- what has to stand behind others of its key; false: nothing is held where one item has a key.
local function hold(items, may_go)
  local find, byte, pairs_, held, changed = string.find, string.byte, {}, 0, false
  for i, item in ipairs(items) do
    local stays, _, id_ends = true, find(item, '^{"xcom":"[^"\\]*"')
    if not id_ends then
      item, changed = wrapped(item, i), true
    elseif byte(item, id_ends + 3) == KEY and may_go ~= nil then
      stays = may_go and may_go(item)
      changed = true
    end
    if stays then
      held = held + 1
      pairs_[2 * held - 1], pairs_[2 * held] = id .. '/' .. held, item
    elseif not may_go then
      return false
    end
  end
  for i = changed and #items or 0, 1, -1 do
    items[i] = pairs_[2 * i]
  end
  for from = 1, #pairs_, 1000 do
    call('HSET', CLAIMED, unpack(pairs_, from, math.min(from + 999, #pairs_)))
  end
  return true
end

local function take(items)
  renew(id, {
    generation = generation, after = after == '' and '0' or after, incarnation = incarnation,
    count = #items, held = #items, takeovers = 0, lease = lease, since = now_ms, outcomes = '',
    handed = '', owner = owner,
  })
  delivered = delivered + #items
  save()
  return { 'claimed', generation, 0, '', items }
end
