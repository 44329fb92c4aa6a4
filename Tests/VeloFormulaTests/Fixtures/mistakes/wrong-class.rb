class SomethingElse < Formula
  url "https://example.org/wrong-class-1.0.tar.gz"
end
