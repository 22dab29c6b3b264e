-- A queue's script, and in the same step a note of all that it has changed.
-- `history:{tag}` gets one entry a call that changes anything: words, each with its length before
-- it. The clock that the script sees is moved by the milliseconds in `history:{tag}:skew`.
local SCRIPT, MOST_ARGUMENTS = '@name', 9
local HISTORY = 'history:' .. string.match(KEYS[1], '{.-}')
local WRITES = {
  HDEL = true, HINCRBY = true, HSET = true, LPOP = true, LPUSH = true, RPUSH = true,
  UNLINK = true, ZADD = true, ZREM = true,
}
local server, words, changes = redis, {}, 0

local function note(word)
  word = type(word) == 'number' and string.format('%.17g', word) or tostring(word)
  words[#words + 1] = #word .. ':' .. word
end

local function note_all(list, most)
  local count = math.min(#list, most)
  note(count)
  for i = 1, count do
    note(list[i])
  end
end

local function time()
  local real = server.call('TIME')
  local skewed = real[1] * 1000000 + real[2] + (server.call('GET', HISTORY .. ':skew') or 0) * 1000
  return { math.floor(skewed / 1000000), skewed % 1000000 }
end

local function watched(command, ...)
  if command == 'TIME' then
    return time()
  end
  local reply = server.call(command, ...)
  if WRITES[command] then
    changes = changes + 1
    note(command)
    note(type(reply) == 'table' and #reply or reply or 0)
    note_all({ ... }, math.huge)
  end
  return reply
end

local function script()
  local redis = { call = watched }
  -- @text
end

note(SCRIPT)
note(KEYS[1])
note_all(ARGV, MOST_ARGUMENTS)
local done, answer = pcall(script)
if changes > 0 then
  server.call('XADD', HISTORY, '*', 'call', table.concat(words))
end
return not done and type(answer) == 'string' and { err = answer } or answer
