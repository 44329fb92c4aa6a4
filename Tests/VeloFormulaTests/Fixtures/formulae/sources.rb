class Sources < Formula
  desc "Where sources come from"
  homepage "https://example.org/"
  license "BSD-2-Clause"

  stable do
    url "https://example.org/sources.git",
        tag:      "v3.1.0",
        revision: "89abcdef0123456789abcdef0123456789abcdef"

    patch do
      url "https://example.org/fix-#{"a".upcase}.patch?full_index=1"
      sha256 "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
      apply "one.patch", "two.patch"
      directory "sub"
    end

    resource "only-stable" do
      url "https://example.org/only-0.9.tar.xz"
      sha256 "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
    end
  end

  head do
    url "https://example.org/sources.git", branch: "trunk"
    depends_on "autoconf" => :build
  end

  resource "data" do
    url "https://example.org/data-20230102.zip", using: :nounzip
    mirror "https://mirror.example.net/data-20230102.zip"
    sha256 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    version "7"
  end

  %w[one two].each do |name|
    resource name do
      url "https://example.org/#{name}-1.0.tar.gz"
      sha256 "1212121212121212121212121212121212121212121212121212121212121212"
    end
  end

  patch :p0, :DATA
  patch <<~EOS
    --- a/x
    +++ b/x
  EOS

  def install
    system "autoreconf" if build.head?
    resource("data").stage { pkgshare.install "data.bin" }
    resource("only-stable").stage buildpath/"vendor"
    resources.each { |r| r.stage(buildpath/r.name) unless r.name == "data" }
    (buildpath/"third").install resource("one")
    system "echo", resource("data").version, resource("one").version, version, stable.url
    system "echo", resources.map(&:name).join(","), Utils.git_head
  end
end

__END__
--- a/main.c
+++ b/main.c
