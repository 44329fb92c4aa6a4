each { it }
each { it + 1 }
each { puts it.name }
each { |x| it }
each { it "does" do end }
each { it { 1 } }
it
each { inner { it } }
