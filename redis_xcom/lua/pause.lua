-- Hand out nothing any more (ARGV[2] = '1'), or again; also on a full server.
-- include: keys clock
--
-- Returns  1
call('HDEL', STATE, 'paused')
if ARGV[2] == '1' then
  call('HSET', STATE, 'paused', '1')
end
save()
return 1
