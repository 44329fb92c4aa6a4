class NoUrl < Formula
  desc "Nothing to fetch"
  homepage "https://example.org/"
end
