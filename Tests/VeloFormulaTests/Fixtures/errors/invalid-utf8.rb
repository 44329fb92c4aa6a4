class Demo < Formula
  desc "café"
  # ÿ comment
end
