begin
  a
rescue
  b
end
begin
  a
rescue A
  b
rescue B, C::D => e
  c
rescue *E => @f
  d
rescue G then h
else
  i
ensure
  j
end
begin
  a
ensure
  b
end
begin; a; rescue; b; end
a rescue b
a = b rescue c
a = (b rescue c)
call a rescue b
def m
  a
rescue => e
  retry
ensure
  b
end
def n
  a
rescue A
end
x = begin
  a
rescue
  b
end
begin
  begin
    a
  rescue
    b
  end
rescue
  c
end
raise A, "x" unless b
begin
  a
rescue A => e
  raise e unless e.message =~ /b/
end
