/* Does not compile without exceptions: its failure would have nowhere to go. */
#include "flowengine.hpp"

int main() { return flowengine::Model::load("checkpoint.safetensors") ? 0 : 1; }
