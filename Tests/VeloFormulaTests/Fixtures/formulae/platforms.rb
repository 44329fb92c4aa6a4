class Platforms < Formula
  desc "What is different from platform to platform"
  homepage "https://example.org/"
  version "1.4"

  on_macos do
    on_arm do
      url "https://example.org/platforms-arm64-darwin.zip"
      sha256 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    end
    on_intel do
      url "https://example.org/platforms-x64-darwin.zip"
      sha256 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
    end
  end

  on_linux do
    url "https://example.org/platforms-#{Hardware::CPU.arch}-linux.tar.gz"
    sha256 "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
    depends_on "libfoo"
  end

  depends_on "pkg-config" => :build
  depends_on macos: :catalina
  uses_from_macos "zlib"
  uses_from_macos "bison" => :build
  uses_from_macos "curl", since: :monterey

  on_monterey :or_newer do
    depends_on "newer"
  end
  on_catalina :or_older do
    depends_on "older"
  end
  on_system :linux, macos: :big_sur_or_older do
    depends_on "swing"
  end

  keg_only :provided_by_macos

  def install
    if OS.mac?
      system "make", "mac", MacOS.version.to_s
    else
      system "make", "linux", OS.kernel_name
    end
    on_linux do
      system "ldconfig"
    end
    system "make", on_system_conditional(macos: "dylib", linux: "so"), on_arch_conditional(arm: "arm", intel: "intel")
    lib.install shared_library("libplatforms", 1)
  end
end
