class Demo < Formula
  desc "x"
end
=begin
never ends
