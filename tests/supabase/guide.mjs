// The guide's Step 6 in a program: what an app does with supabase-js, each part as it is printed there.
// Arguments: the version's package, and JSON of {url, key, token?, prompt, model_id, generation_id?, part}.
const [, , name, json] = process.argv;
const given = JSON.parse(json);
const say = (what) => process.stdout.write(JSON.stringify(what) + "\n");

const { createClient } = await import(name);
// Somebody who has signed in elsewhere. 2.39 does not know `accessToken`, and the newest would forget setAuth's.
const options = given.token
  ? { accessToken: async () => given.token, global: { headers: { Authorization: `Bearer ${given.token}` } } }
  : {};
const supabase = createClient(given.url, given.key, { ...options, auth: { persistSession: false } });
if (given.token) supabase.realtime.setAuth(given.token);
const { prompt, model_id } = given;

const submit = async () => {
  if (given.generation_id) return given.generation_id;

  // 1. Enqueue generation (instant response)
  const { data } = await supabase.functions.invoke('start-generation', {
    body: { prompt, model_id }
  });

  const generationId = data.generation_id;
  say({ submitted: generationId, answer: data });
  return generationId;
};

const generationId = await submit();

const parts = {
  // 6.1
  poll: () => {
    // 2. Poll for completion
    const checkStatus = async () => {
      const { data: generation } = await supabase
        .from('image_generations')
        .select('*, images(*)')
        .eq('id', generationId)
        .single();

      return generation;
    };

    // Poll every 2 seconds
    const pollInterval = setInterval(async () => {
      const generation = await checkStatus();

      if (generation.status === 'completed') {
        clearInterval(pollInterval);
        // Show image: generation.images[0].public_url
        say({ shown: generation.images[0].public_url, generation });
      } else if (generation.status === 'failed') {
        clearInterval(pollInterval);
        // Show error: generation.error_message
        say({ failed: generation.error_message });
      }
    }, 2000);
  },

  // 6.2
  subscribe: () => {
    // 2. Subscribe to real-time updates
    const subscription = supabase
      .channel(`generation:${generationId}`)
      .on(
        'postgres_changes',
        {
          event: 'UPDATE',
          schema: 'public',
          table: 'image_generations',
          filter: `id=eq.${generationId}`
        },
        (payload) => {
          const generation = payload.new;

          if (generation.status === 'completed') {
            // Fetch image record
            supabase
              .from('images')
              .select('*')
              .eq('generation_id', generationId)
              .single()
              .then(({ data: image }) => {
                // Show image: image.public_url
                say({ shown: image?.public_url ?? null, image });
              });
          } else if (generation.status === 'failed') {
            // Show error: generation.error_message
            say({ failed: generation.error_message });
          }

          // Update UI with current status
          say({ status: generation.status, payload });
        }
      )
      .subscribe((status) => say({ subscription: status }));
  },
};
parts[given.part]();
