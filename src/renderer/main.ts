import { createApp } from 'vue'
import { createPinia } from 'pinia'
import App from './App.vue'
import { i18n, setLanguage } from './i18n'
import { router } from './router'
import { useSettingsStore } from './stores/settings'
import './styles/main.css'

const app = createApp(App)
app.use(createPinia())
app.use(i18n)
app.use(router)

// no await of the module's own: the chunk of a language imports this one
void setLanguage(useSettingsStore().language).then(() => app.mount('#app'))
