class Tinyproxy < Formula
  desc "Light HTTP and HTTPS proxy daemon"
  homepage "https://tinyproxy.github.io/"
  url "https://github.com/tinyproxy/tinyproxy/releases/download/1.11.1/tinyproxy-1.11.1.tar.xz"
  sha256 "d66388448215d0aeb90d0afdd58ed00386fb81abc23ebac9d80e194fceb40f7c"
  license "GPL-2.0-or-later"

  def install
    system "./configure", *std_configure_args, "--sysconfdir=#{etc}", "--localstatedir=#{var}", "--mandir=#{man}",
           "--disable-regexcheck"
    system "make", "install"
  end

  def post_install
    (var/"log/tinyproxy").mkpath
    (var/"run/tinyproxy").mkpath
  end

  service do
    run [opt_bin/"tinyproxy", "-d", "-c", etc/"tinyproxy/tinyproxy.conf"]
    keep_alive true
  end

  def caveats
    <<~TEXT
      The configuration is #{etc}/tinyproxy/tinyproxy.conf: it lets this machine in and nobody else.
    TEXT
  end

  test do
    assert_equal "tinyproxy #{version}\n", shell_output("#{bin}/tinyproxy -v")
    (testpath/"bad.conf").write "Port of call\n"
    assert_match "line 1", shell_output("#{bin}/tinyproxy -d -c bad.conf 2>&1", 70)
  end
end
