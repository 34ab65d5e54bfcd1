// So many apps at once, each with supabase-js and a user of its own: submits, follows what it submitted to its end, then
// the next. Each also follows everything that it may see, and by its exact id what a neighbour submitted.
// stdin: JSON of {url, key, apps: [{user, token, library, generations, prompt}]}. stdout: a line of JSON for each app.
import { text } from 'node:stream/consumers';

const { url, key, apps } = JSON.parse(await text(process.stdin));
const libraries = {};
for (const { library } of apps) libraries[library] ??= await import(library);

const joined = (channel) => new Promise((resolve, reject) => {
  channel.subscribe((status, error) => {
    if (status === 'SUBSCRIBED') resolve();
    if (status === 'CLOSED') reject(error ?? new Error(`${channel.topic}: ${status}`));
  });
});
const changes = (event, filter) => ({ event, schema: 'public', table: 'image_generations', ...(filter && { filter }) });
const promised = () => {
  let keep;
  const promise = new Promise((resolve) => { keep = resolve; });
  return { promise, keep };
};

const firsts = apps.map(promised);
const everybody = { left: apps.length, ...promised() };

async function run({ user, token, library, generations, prompt }, place) {
  // 2.39 does not know `accessToken` and is given the token; the newest would go back to the key by itself.
  const supabase = libraries[library].createClient(url, key, {
    accessToken: async () => token,
    auth: { persistSession: false, autoRefreshToken: false },
    global: { headers: { Authorization: `Bearer ${token}` } },
  });
  supabase.realtime.setAuth(token);
  const ends = {};
  const said = { user, library, submitted: [], channels: {}, feed: [], pictures: [], foreign: [] };

  await joined(supabase.channel('everything')
    .on('postgres_changes', changes('*'), ({ eventType, new: row }) => {
      said.feed.push([row.id, eventType, row.status, row.user_id]);
      if (row.status === 'completed' || row.status === 'failed') (ends[row.id] ??= promised()).keep();
    })
    .on('postgres_changes', { event: '*', schema: 'public', table: 'images' }, ({ eventType, new: row }) => {
      said.pictures.push([row.generation_id, eventType, row.user_id]);
    }));

  for (let number = 0; number < generations; number += 1) {
    const { data, error } = await supabase.functions.invoke('start-generation', {
      body: { prompt: `${prompt} ${number}`, model_id: 'black-forest-labs/flux-schnell' },
    });
    if (error) throw new Error(`${error}: ${await error.context?.text()}`);
    const id = data.generation_id;
    said.submitted.push(id);
    if (number === 0) {
      firsts[place].keep(id);
      const foreign = await firsts[(place + 1) % apps.length].promise;
      await joined(supabase.channel('foreign')
        .on('postgres_changes', changes('*', `id=eq.${foreign}`), ({ new: row }) => said.foreign.push(row)));
    }
    const seen = said.channels[id] = [];
    const end = promised();
    const channel = supabase.channel(`generation:${id}`)
      .on('postgres_changes', changes('UPDATE', `id=eq.${id}`), ({ new: row }) => {
        seen.push([row.status, row.user_id]);
        if (row.status === 'completed' || row.status === 'failed') end.keep();
      });
    await joined(channel);
    // Either may be told first.
    await Promise.all([end.promise, (ends[id] ??= promised()).promise]);
    await supabase.removeChannel(channel);
  }
  // What the others submit must not come here, as long as they do.
  everybody.left -= 1;
  if (everybody.left === 0) everybody.keep();
  await everybody.promise;
  return said;
}

const said = await Promise.all(apps.map(run));
process.stdout.write(said.map((one) => `${JSON.stringify(one)}\n`).join(''), () => process.exit(0));
