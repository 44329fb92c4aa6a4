require "language/example"

class Demo < Formula
  include Language::Example::Virtualenv

  desc "Shows what formulae are made of"
  homepage "https://demo.example/"
  url "https://demo.example/archive/v1.2.3.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license any_of: ["MIT", "Apache-2.0" => { with: "LLVM-exception" }]
  revision 1
  head "https://demo.example/demo.git", branch: "main"

  livecheck do
    url :stable
    regex(/href=.*?demo[._-]v?(\d+(?:\.\d+)+)\.t/i)
    strategy :page_match do |page, regex|
      page.scan(regex).map { |match| match&.first&.tr("_", ".") }
    end
  end

  bottle do
    rebuild 1
    sha256 cellar: :any, arm64_ventura: "1111111111111111111111111111111111111111111111111111111111111111"
    sha256               x86_64_linux:  "2222222222222222222222222222222222222222222222222222222222222222"
  end

  option "with-extra", "Build the extra parts"

  depends_on "cmake" => :build
  depends_on "pkg-config" => [:build, :test]
  depends_on macos: :mojave
  depends_on xcode: ["12.0", :build] if MacOS.version <= :catalina

  uses_from_macos "zlib", since: :sierra

  on_linux do
    depends_on "gcc"
  end

  fails_with(:gcc) { version "5" }
  fails_with gcc: "6"

  resource "data" do
    url "https://demo.example/data.tar.gz"
    sha256 "3333333333333333333333333333333333333333333333333333333333333333"
  end

  TOOLS = %w[
    one
    two
  ].freeze

  def install
    ENV["CGO_ENABLED"] = "1"
    ENV.append "CFLAGS", "-O2" unless build.head?
    args = std_cmake_args + %W[
      -DPREFIX=#{prefix}
      -DWITH_EXTRA=#{build.with?("extra") ? "ON" : "OFF"}
    ]
    args << "-DLTO=ON" if OS.mac? && Hardware::CPU.arm?

    resource("data").stage { pkgshare.install Dir["*"] }

    mkdir "build" do
      system "cmake", "..", *args
      system "make", "install", "PREFIX=#{prefix}"
    end

    inreplace bin/"demo", %r{/usr/bin/env (python)$}, "\\1"
    inreplace "Makefile" do |s|
      s.gsub! "/usr/local", HOMEBREW_PREFIX
      s.change_make_var! "CC", ENV.cc
    end

    TOOLS.each { |tool| bin.install_symlink libexec/tool => "demo-#{tool}" }
    (etc/"demo.conf").write config unless (etc/"demo.conf").exist?
    rm_rf Dir[lib/"*.la"], verbose: true
  end

  def config
    <<~EOS
      root = #{var}/demo
        port = 80
    EOS
  end

  def caveats
    s = "Edit #{etc}/demo.conf\n"
    s += <<~EOS if OS.linux?

      On Linux also run:
        sudo sysctl -w kernel.demo=1
    EOS
    s
  end

  service do
    run [opt_bin/"demo", "--config", etc/"demo.conf"]
    keep_alive true
    environment_variables PATH: std_service_path_env
  end

  test do
    port = free_port
    pid = fork do
      exec bin/"demo", "--port", port.to_s
    end
    sleep 2

    begin
      assert_match version.to_s, shell_output("#{bin}/demo --version")
      output = pipe_output("#{bin}/demo -", "in\n", 0)
      assert_equal "out", output.lines.last.strip
      refute_predicate testpath/"x", :exist?
    rescue SystemExit => e
      raise if e.status != 0
    ensure
      Process.kill("TERM", pid)
      Process.wait pid
    end
  end
end
