class AdrTools < Formula
  desc "Keeps a log of architecture decisions, a file for each"
  homepage "https://github.com/npryce/adr-tools"
  url "https://github.com/npryce/adr-tools/archive/refs/tags/3.0.0.tar.gz"
  sha256 "9490f31a457c253c4113313ed6352efcbf8f924970a309a08488833b9c325d7c"
  license "GPL-3.0-or-later"

  def install
    inreplace "src/adr-config", /^echo 'adr_template_dir=.*$/, "echo 'adr_template_dir=\"#{opt_pkgshare}\"'"
    pkgshare.install Dir["src/*.md"]
    bin.install Dir["src/*"]
    bash_completion.install "autocomplete/adr" => "adr-tools"
  end

  test do
    system bin/"adr", "init", "decisions"
    ENV["VISUAL"] = "true"
    system bin/"adr", "new", "Build bottles from source"
    assert_match "decisions/0002-build-bottles-from-source.md", shell_output("#{bin}/adr list")
    assert_match "# 2. Build bottles from source", (testpath/"decisions/0002-build-bottles-from-source.md").read
  end
end
