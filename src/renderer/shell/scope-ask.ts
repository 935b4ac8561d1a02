/** Whether the person is being asked to open the lab to the network: the switch asks, and so may any page that needs it. */
import { ref } from 'vue'

const asking = ref(false)

export const useScopeAsk = () => asking
