class Building < Formula
  desc "What methods do while a formula is built"
  homepage "https://example.org/"
  url "https://example.org/building-4.2.tar.bz2"
  sha256 "5656565656565656565656565656565656565656565656565656565656565656"

  def helper(name)
    "--enable-#{name}"
  end

  def install
    ENV.deparallelize
    ENV.append "CFLAGS", "-fPIC"
    ENV.append_to_cflags "-O3"
    ENV.prepend_path "PATH", libexec/"bin"
    ENV["MODE"] = "fast"
    ENV.delete("UNWANTED")
    system ENV.cc, "-c", "x.c", *ENV.cflags.to_s.split
    system "./configure", *std_configure_args, helper(:shared), "--sysconfdir=#{etc}", "--localstatedir=#{var}"
    system "cmake", "-S", ".", "-B", "out", *std_cmake_args, "-DRPATH=#{rpath}"
    system "meson", "setup", "out", *std_meson_args
    system "go", "build", *std_go_args(ldflags: "-s -w -X main.version=#{version}"), "./cmd"
    system "cargo", "install", *std_cargo_args
    ENV.deparallelize { system "make", "slow", "-j#{ENV.make_jobs}" }
    with_env(STAGE: "two", PATH: "/bin") { system "sh", "-c", "true" }
    inreplace "Makefile", "/usr/local", prefix
    inreplace %w[a.mk b.mk] do |s|
      s.gsub! "@PREFIX@", prefix
      s.change_make_var! "CC", ENV.cc
    end
    mkdir "sub" do
      system "make", "here"
      (Pathname.pwd/"file.txt").write "text"
    end
    cd "sub" do
      system "cat", Dir["*.txt"].join(",")
    end
    bin.install "tool", "other" => "renamed"
    bin.install Dir["scripts/*"]
    man1.install "tool.1"
    doc.install "README.md"
    pkgshare.install %w[share extra]
    etc.install "tool.conf"
    bin.install_symlink "tool" => "t"
    lib.install_symlink Dir[lib/"*.so"]
    (bin/"wrapper").write_env_script libexec/"bin/tool", JAVA_HOME: "/java", PATH: "#{bin}:$PATH"
    (libexec/"run").write <<~SH
      #!/bin/sh
      exec "#{opt_bin}/tool" "$@"
    SH
    chmod 0755, libexec/"run"
    system "ls", (bin/"wrapper").exist?.to_s, (libexec/"run").read.lines.first.chomp, libexec.children.map(&:basename).join(",")
    output = Utils.safe_popen_read(bin/"tool", "completions", "bash")
    (bash_completion/"tool").write output
    generate_completions_from_executable(bin/"tool", "completion", shells: [:bash, :zsh])
    version_text = `#{bin}/tool --version`.chomp
    system "echo", version_text.empty? ? "none" : version_text, version.major, version.major_minor, (version > "4.1").to_s
    system "nothing" unless quiet_system "test", "-e", "x"
    ohai "done", "well"
    opoo "careful" if build.head?
    touch "stamp"
    cp "stamp", "copy"
    mv "copy", "moved"
    rm "stamp"
    rm_rf "missing"
    mkdir_p "deep/er"
    ln_s "moved", "link"
    system "find", *Pathname.glob("{m,l}*").map(&:to_s).sort, File.symlink?("link").to_s, File.basename("a/b.tar.gz", ".gz")
    prefix.install_metafiles
  end
end
