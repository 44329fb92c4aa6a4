class NoVersion < Formula
  desc "No version"
  url "https://example.org/download"
  sha256 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
end
