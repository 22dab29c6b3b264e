-- Items into a claimant's hands.
-- What a foreign producer pushed becomes an item with an id of its own.
local function wrapped(value, place)
  return '{"xcom":"' .. now_ms .. '-' .. generation .. '-' .. place .. '","payload":' .. value .. '}'
end

-- The new items take the places of those that were acked.
local function hold(items)
  local pairs_ = {}
  for place, item in ipairs(items) do
    if not string.find(item, '^{"xcom":"[^"\\]*"') then
      item = wrapped(item, place)
      items[place] = item
    end
    pairs_[2 * place - 1], pairs_[2 * place] = id .. '/' .. place, item
  end
  for from = 1, #pairs_, 1000 do
    call('HSET', CLAIMED, unpack(pairs_, from, math.min(from + 999, #pairs_)))
  end
end

local function take(items)
  next_generation()
  hold(items)
  renew(id, {
    generation = generation, after = after == '' and '0' or after, incarnation = incarnation,
    count = #items, held = #items, takeovers = 0, lease = lease, since = now_ms, outcomes = '',
    handed = '', owner = owner,
  })
  delivered = delivered + #items
  save()
  return { 'claimed', generation, 0, '', items }
end
