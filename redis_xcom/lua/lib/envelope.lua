-- An item is {"xcom":"<id>"[,"key":"<key>"][,"by":"<who>"][,"deliveries":n,"failures":n],
-- "payload":<JSON>}. Its id begins with the time of its push, `<ms>-`. Only this head is ever read
-- here; the payload's bytes are never parsed or rewritten.
local function parse(item)
  local id, counts_at = string.match(item, '^{"xcom":"([^"\\]*)"()')
  if not id then
    return nil
  end
  counts_at = string.match(item, '^,"key":"[^"\\]*"()', counts_at) or counts_at
  counts_at = string.match(item, '^,"by":"[^"\\]*"()', counts_at) or counts_at
  local deliveries, failures, rest_at =
    string.match(item, '^,"deliveries":(%d+),"failures":(%d+)()', counts_at)
  return {
    id = id,
    deliveries = tonumber(deliveries) or 0,
    failures = tonumber(failures) or 0,
    head = string.sub(item, 1, counts_at - 1),
    tail = string.sub(item, rest_at or counts_at),
  }
end

local MOST = 999999999999999 -- what any stranger may have written, counted on exactly

local function with_counts(parts, deliveries, failures)
  if deliveries == 0 and failures == 0 then
    return parts.head .. parts.tail
  end
  return parts.head .. ',"deliveries":' .. digits(math.min(deliveries, MOST)) .. ',"failures":'
    .. digits(math.min(failures, MOST)) .. parts.tail
end

-- The same item under an id of its own.
local function renamed(item, suffix)
  return (string.gsub(item, '^{"xcom":"([^"]*)', '{"xcom":"%1~' .. suffix, 1))
end
