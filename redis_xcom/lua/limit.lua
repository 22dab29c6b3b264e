-- At most ARGV[2] items in claimants' hands ('': no bound); also on a full server.
-- include: keys clock
--
-- Returns  1
call('HDEL', STATE, 'max_claimed')
if ARGV[2] ~= '' then
  call('HSET', STATE, 'max_claimed', ARGV[2])
end
save()
return 1
