class Demo < Formula
  desc "x"
end
end
