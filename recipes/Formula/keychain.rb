class Keychain < Formula
  desc "Keeps one ssh-agent for all of a user's logins"
  homepage "https://www.funtoo.org/Keychain"
  url "https://github.com/funtoo/keychain/archive/refs/tags/2.8.5.tar.gz"
  sha256 "dcce703e5001211c8ebc0528f45b523f84d2bceeb240600795b4d80cb8475a0b"
  license "GPL-2.0-only"

  def install
    bin.install "keychain"
    man1.install "keychain.1"
  end

  def caveats
    <<~TEXT
      Have your shell ask for the agent when it starts, with a line such as this in ~/.bash_profile:
        eval "$(#{opt_bin}/keychain --quiet --eval id_ed25519)"
    TEXT
  end

  test do
    assert_match "keychain #{version}", shell_output("#{bin}/keychain --version 2>&1")
    assert_match "--eval", shell_output("#{bin}/keychain --help 2>&1")
  end
end
