class JavaOrNothing < Requirement
  fatal true
  satisfy { which("java") }

  def message
    "Java is needed"
  end
end

class Needs < Formula
  desc "Every way to need something"
  homepage "https://example.org/"
  url "https://example.org/needs/archive/refs/tags/v1.2.3-rc4.tar.gz"
  sha256 "3434343434343434343434343434343434343434343434343434343434343434"

  depends_on "cmake" => :build
  depends_on "check" => [:build, :test]
  depends_on "curl" => :test
  depends_on "python@3.11" => :recommended
  depends_on "gtk+3" => :optional
  depends_on "fftw" => ["with-mpi", :build]
  depends_on "openssl@1.1"
  depends_on "openssl@1.1"
  depends_on arch: :x86_64
  depends_on arch: [:x86_64, :arm64]
  depends_on macos: [:big_sur, :build]
  depends_on maximum_macos: [:ventura, :build]
  depends_on xcode: ["12.5", :build]
  depends_on :linux
  depends_on JavaOrNothing
  uses_from_macos "flex" => [:build, :test]
  uses_from_macos "perl"

  def install
    args = std_configure_args
    args << "--with-python" if build.with?("python@3.11")
    args << "--without-gtk" if build.without?("gtk+3")
    system "./configure", *args
    system "echo", *deps.map(&:name), *Formula["openssl@1.1"].opt_lib.to_s.split("/").last(2)
    system "echo", deps.select(&:build?).length.to_s, build.any_args_or_options?.to_s
  end
end
